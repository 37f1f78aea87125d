# A host is to be repaired: what may move leaves it, each unit only once its replacement is up. What may run only once ends
# first, and what has its data there stays.

add-host h1 h2
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 4
      lead:
        image: muster/lead:1
        labels:
          io.muster.exclusive: "true"
          sim.exclusive: "true"
      db:
        image: muster/db:1
        volumes: ["data:/data"]
    volumes:
      data: {}
| done

advance 30s
show units
| shop/db-1    h1  running
| shop/lead-1  h2  running
| shop/web-1   h1  running
| shop/web-2   h2  running
| shop/web-3   h1  running
| shop/web-4   h2  running
evacuate h1
| done
watch 40s
| 00:40  h2  shop/web (muster/web:1) starts
| 00:40  h1  shop/web (muster/web:1) ends
| 00:41  h2  shop/web (muster/web:1) starts
| 00:42  h1  shop/web (muster/web:1) ends
show hosts
| h1  active
| h2  active
show units
| shop/db-1    h1  running
| shop/lead-1  h2  running
| shop/web-1   h2  running
| shop/web-2   h2  running
| shop/web-3   h2  running
| shop/web-4   h2  running
show services
| shop/db    steady, 1 wanted  stays on h1, which is being evacuated: its data lies there and cannot follow
| shop/lead  steady, 1 wanted
| shop/web   steady, 4 wanted

# It takes units again, and nothing moves back by itself.

activate h1
| done
watch 20s
show hosts
| h1  active
| h2  active
