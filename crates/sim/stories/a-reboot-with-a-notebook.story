# A machine loses its power; what may run only once is made elsewhere. Its notebook still names it, but without a session that
# does, nothing of the kind starts there.

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
| done

advance 15s
show units
| shop/lead-1  h1  running
| shop/web-1   h2  running
| shop/web-2   h1  running
power-off h1
watch 90s
| 00:33  h2  shop/web (muster/web:1) starts
| 01:26  h2  shop/lead (muster/lead:1) starts
cut h1
power-on h1
watch 40s
| 02:01  h1  shop/web (muster/web:1) starts
show containers
| h1  shop/lead  muster/lead:1  does not run
| h1  shop/web   muster/web:1   runs
| h2  shop/lead  muster/lead:1  runs
| h2  shop/web   muster/web:1   runs
| h2  shop/web   muster/web:1   runs
heal h1
watch 30s
| 02:36  h1  shop/web (muster/web:1) ends
show containers
| h2  shop/lead  muster/lead:1  runs
| h2  shop/web   muster/web:1   runs
| h2  shop/web   muster/web:1   runs
