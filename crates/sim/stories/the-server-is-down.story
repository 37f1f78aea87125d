# No server for ten minutes: hosts go on by themselves, and what dies is started again.

add-host h1 h2
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 2
| done

advance 15s
stop server
watch 5m
crash shop/web
| 05:25  h1  shop/web (muster/web:1) ends
watch 5m
| 05:25  h1  shop/web (muster/web:1) starts
show containers
| h1  shop/web  muster/web:1  runs
| h2  shop/web  muster/web:1  runs

# Nobody can change anything meanwhile: who asks is not answered.

scale shop/web 3
| nobody answers; it is tried again until somebody does

# When it is back, nothing is restarted, and what was asked for is done.

start server
watch 30s
| 10:42  h1  shop/web (muster/web:1) starts
show hosts
| h1  active
| h2  active
show services
| shop/web  steady, 3 wanted
