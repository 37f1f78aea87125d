# A deploy: files in, units placed, containers running.
#
# `watch` tells what the engines do; `show` tells what the platform knows.

add-host h1 h2 h3
advance 10s
show hosts
| h1  active
| h2  active
| h3  active

deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 3
      db:
        image: muster/db:1
        volumes:
          - data:/data
    volumes:
      data:
| done

watch 15s
| 00:11  h2  shop/web (muster/web:1) starts
| 00:12  h3  shop/web (muster/web:1) starts
| 00:12  h1  shop/db (muster/db:1) starts
| 00:13  h1  shop/web (muster/web:1) starts
show units
| shop/db-1   h1  running
| shop/web-1  h2  running
| shop/web-2  h3  running
| shop/web-3  h1  running
show services
| shop/db   steady, 1 wanted
| shop/web  steady, 3 wanted

# The same files again change nothing: nothing is started or stopped.

deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 3
      db:
        image: muster/db:1
        volumes:
          - data:/data
    volumes:
      data:
| done

watch 30s
