# A rollout whose new units do not come up stops; with `failure_action: rollback` it goes back by itself.

add-host h1 h2
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 2
          update_config:
            failure_action: pause
      api:
        image: muster/api:1
        deploy:
          replicas: 2
          update_config:
            failure_action: rollback
| done

advance 20s
bad-image muster/web:2
bad-image muster/api:2
deploy shop
    services:
      web:
        image: muster/web:2
        deploy:
          replicas: 2
          update_config:
            failure_action: pause
      api:
        image: muster/api:2
        deploy:
          replicas: 2
          update_config:
            failure_action: rollback
| done

advance 60s
show rollouts
| shop/api  revision 1 to 2  rolled back  did not come up: unit 1 (it ended with exit code 1)
| shop/web  revision 1 to 2  paused       did not come up: unit 1 (it ended with exit code 1)
show services
| shop/api  blocked, 2 wanted  did not come up: unit 1 (it ended with exit code 1)
| shop/web  blocked, 2 wanted  did not come up: unit 1 (it ended with exit code 1); waits for unit 1 (it ended with exit code 1)
show containers
| h1  shop/api  muster/api:1  runs
| h1  shop/web  muster/web:2  does not run
| h2  shop/api  muster/api:1  runs
| h2  shop/web  muster/web:1  runs

# A person takes the stack back to revision 1.

rollback shop 1
| done
advance 60s
show rollouts
| shop/api  revision 1 to 3  finished
| shop/web  revision 1 to 3  finished
show services
| shop/api  steady, 2 wanted
| shop/web  steady, 2 wanted
show containers
| h1  shop/api  muster/api:1  runs
| h1  shop/web  muster/web:1  runs
| h2  shop/api  muster/api:1  runs
| h2  shop/web  muster/web:1  runs
