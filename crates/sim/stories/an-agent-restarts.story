# An agent goes and comes back: its containers run on, and are not restarted.

add-host h1
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 2
| done

advance 15s
show containers
| h1  shop/web  muster/web:1  runs
| h1  shop/web  muster/web:1  runs
stop agent h1
watch 30s
show containers
| h1  shop/web  muster/web:1  runs
| h1  shop/web  muster/web:1  runs

# Nobody starts what dies meanwhile.

crash shop/web
| 00:55  h1  shop/web (muster/web:1) ends
watch 5s
show containers
| h1  shop/web  muster/web:1  does not run
| h1  shop/web  muster/web:1  runs

# The agent finds its containers by their labels, adopts the one that runs and starts the other.

start agent h1
watch 20s
| 01:00  h1  shop/web (muster/web:1) starts
show containers
| h1  shop/web  muster/web:1  runs
| h1  shop/web  muster/web:1  runs
