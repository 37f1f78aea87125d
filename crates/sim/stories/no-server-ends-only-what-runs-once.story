# A server dies and is away for ten minutes. What may run only once ends with its lease, and starts again on the same host;
# nothing else is touched.

add-host h1 h2
advance 10s
deploy shop
    services:
      lead:
        image: muster/lead:1
        labels:
          io.muster.exclusive: "true"
          sim.exclusive: "true"
      web:
        image: muster/web:1
        deploy:
          replicas: 2
      db:
        image: muster/db:1
        volumes: ["data:/data"]
    volumes:
      data: {}
| done

advance 20s
show units
| shop/db-1    h1  running
| shop/lead-1  h2  running
| shop/web-1   h1  running
| shop/web-2   h2  running
stop server
watch 10m
| 01:17  h2  shop/lead (muster/lead:1) ends
start server
watch 30s
| 10:31  h2  shop/lead (muster/lead:1) starts
show units
| shop/db-1    h1  running
| shop/lead-1  h2  running
| shop/web-1   h1  running
| shop/web-2   h2  running
