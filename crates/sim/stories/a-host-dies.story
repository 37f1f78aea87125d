# A host is cut off: it is not punished at once, and after ten seconds its units run elsewhere.

add-host h1 h2 h3
advance 10s
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

advance 15s
show units
| shop/db-1   h1  running
| shop/web-1  h2  running
| shop/web-2  h3  running
| shop/web-3  h1  running

# `db` has a volume on h1, so the story cuts h2: another story tells what becomes of data.

cut h2
advance 8s
show hosts
| h1  active
| h2  suspect
| h3  active
watch 20s
| 00:33  h3  shop/web (muster/web:1) starts
show hosts
| h1  active
| h2  lost
| h3  active
show units
| shop/db-1   h1  running
| shop/web-1  h2  running  to be removed
| shop/web-1  h3  running
| shop/web-2  h3  running
| shop/web-3  h1  running
show services
| shop/db   steady, 1 wanted
| shop/web  steady, 3 wanted

# On h2 everything runs on all the while. When it is back, what was replaced stops before anything new starts there.

show containers
| h1  shop/db   muster/db:1   runs
| h1  shop/web  muster/web:1  runs
| h2  shop/web  muster/web:1  runs
| h3  shop/web  muster/web:1  runs
| h3  shop/web  muster/web:1  runs
heal h2
watch 30s
| 00:55  h2  shop/web (muster/web:1) ends
show hosts
| h1  active
| h2  active
| h3  active
show containers
| h1  shop/db   muster/db:1   runs
| h1  shop/web  muster/web:1  runs
| h3  shop/web  muster/web:1  runs
| h3  shop/web  muster/web:1  runs
