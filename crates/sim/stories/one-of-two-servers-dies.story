# Two servers on one store. The one that started last leads; hosts speak with either.

add-host h1 h2
advance 10s
add-server s2
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 2
| done

advance 30s
show servers
| s1  runs                    h1, h2
| s2  runs  was elected last

# The first one dies. Hosts go over to the other, and no container is touched.

stop server s1
watch 2m
show servers
| s1  does not run
| s2  runs          was elected last  h1, h2
show hosts
| h1  active
| h2  active
show services
| shop/web  steady, 2 wanted

# What is asked for is done by the other. When the first one is back, it leads.

scale shop/web 3
| done
watch 30s
| 02:50  h1  shop/web (muster/web:1) starts
start server s1
watch 2m
show servers
| s1  runs  was elected last
| s2  runs                    h1, h2

# Without a leader nothing new is decided, and nothing is touched either.

stop server s1
scale shop/web 2
| done
watch 2m
show servers
| s1  does not run  was elected last
| s2  runs                            h1, h2
show services
| shop/web  steady, 3 wanted
start server s1
watch 30s
| 07:22  h1  shop/web (muster/web:1) ends
show services
| shop/web  steady, 2 wanted
