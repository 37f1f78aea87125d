# A container dies: its agent starts it again, and waits longer each time it dies at once.

add-host h1
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
| done

advance 10s
show containers
| h1  shop/web  muster/web:1  runs

# Once is started again after half a second.

crash shop/web
| 00:20  h1  shop/web (muster/web:1) ends
watch 5s
| 00:20  h1  shop/web (muster/web:1) starts
show units
| shop/web-1  h1  running

# An image that always fails is tried less and less often, and the service says why it is not well.

bad-image muster/web:1
crash shop/web
| 00:25  h1  shop/web (muster/web:1) ends
watch 40s
| 00:26  h1  shop/web (muster/web:1) starts
| 00:26  h1  shop/web (muster/web:1) ends
| 00:28  h1  shop/web (muster/web:1) starts
| 00:28  h1  shop/web (muster/web:1) ends
| 00:33  h1  shop/web (muster/web:1) starts
| 00:33  h1  shop/web (muster/web:1) ends
| 00:41  h1  shop/web (muster/web:1) starts
| 00:42  h1  shop/web (muster/web:1) ends
| 00:58  h1  shop/web (muster/web:1) starts
| 00:58  h1  shop/web (muster/web:1) ends
show units
| shop/web-1  h1  backoff
show services
| shop/web  converging, 1 wanted  waits for unit 1 (it ended with exit code 1)
