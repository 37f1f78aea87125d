# A fixed port has one holder on a host: what does not fit is not placed, and says why.

add-host h1 h2
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
        ports:
          - "8080:80"
        deploy:
          replicas: 3
| done

advance 15s
show units
| shop/web-1  h1  running
| shop/web-2  h2  running
show services
| shop/web  blocked, 3 wanted  no host fits: h1: port 8080/tcp is taken by shop/web; h2: port 8080/tcp is taken by shop/web

# One host more, and the third unit has its place.

add-host h3
advance 20s
show units
| shop/web-1  h1  running
| shop/web-2  h2  running
| shop/web-3  h3  running
show services
| shop/web  steady, 3 wanted
