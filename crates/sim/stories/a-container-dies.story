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
| 00:20.055  h1  shop/web (muster/web:1) ends
watch 5s
| 00:20.721  h1  shop/web (muster/web:1) starts
show units
| shop/web-1  h1  running

# An image that always fails is tried less and less often, and the service says why it is not well.

bad-image muster/web:1
crash shop/web
| 00:25.055  h1  shop/web (muster/web:1) ends
watch 40s
| 00:26.465  h1  shop/web (muster/web:1) starts
| 00:28.839  h1  shop/web (muster/web:1) starts
| 00:33.249  h1  shop/web (muster/web:1) starts
| 00:41.565  h1  shop/web (muster/web:1) starts
| 00:57.703  h1  shop/web (muster/web:1) starts
show units
| shop/web-1  h1  backoff
show services
| shop/web  converging, 1 wanted  waits for unit 1 (it ended with exit code 1)
