# A rollout goes unit by unit, and only on when the new one has proved itself.

add-host h1 h2
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 3
| done

advance 15s

deploy shop
    services:
      web:
        image: muster/web:2
        deploy:
          replicas: 3
| done

watch 60s
| 00:26  h1  shop/web (muster/web:1) ends
| 00:27  h1  shop/web (muster/web:2) starts
| 00:30  h2  shop/web (muster/web:1) ends
| 00:33  h2  shop/web (muster/web:2) starts
| 00:36  h1  shop/web (muster/web:1) ends
| 00:36  h1  shop/web (muster/web:2) starts
show rollouts
| shop/web  revision 1 to 2  finished
show containers
| h1  shop/web  muster/web:2  runs
| h1  shop/web  muster/web:2  runs
| h2  shop/web  muster/web:2  runs
