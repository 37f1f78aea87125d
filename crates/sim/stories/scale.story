# Scaling: up takes free hosts first, down takes the highest numbers.

add-host h1 h2 h3
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
| done

advance 10s
show units
| shop/web-1  h1  running
scale shop/web 4
| done
watch 10s
| 00:20  h1  shop/web (muster/web:1) starts
| 00:21  h2  shop/web (muster/web:1) starts
| 00:22  h3  shop/web (muster/web:1) starts
show units
| shop/web-1  h1  running
| shop/web-2  h2  running
| shop/web-3  h3  running
| shop/web-4  h1  running
scale shop/web 2
| done
watch 15s
| 00:30  h3  shop/web (muster/web:1) ends
| 00:31  h1  shop/web (muster/web:1) ends
show units
| shop/web-1  h1  running
| shop/web-2  h2  running
scale shop/web 0
| done
watch 15s
| 00:45  h2  shop/web (muster/web:1) ends
| 00:46  h1  shop/web (muster/web:1) ends
show units
| none
