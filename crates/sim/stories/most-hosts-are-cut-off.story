# Three of four hosts are cut off at once: that is more likely a broken switch than three fires. Nothing of theirs is moved.

add-host h1 h2 h3 h4
advance 10s
deploy shop
    services:
      web:
        image: muster/web:1
        deploy:
          replicas: 4
| done

advance 15s
cut h1 h2 h3
watch 2m
show hosts
| h1  suspect
| h2  suspect
| h3  suspect
| h4  active
show services
| shop/web  converging, 4 wanted  h1 fell silent together with most hosts, which is more likely a broken way than so many deaths: nothing of theirs is moved until they return, or until `muster environment release-brake` says so; h2 fell silent together with most hosts, which is more likely a broken way than so many deaths: nothing of theirs is moved until they return, or until `muster environment release-brake` says so; h3 fell silent together with most hosts, which is more likely a broken way than so many deaths: nothing of theirs is moved until they return, or until `muster environment release-brake` says so

# They are back: nothing was restarted, nothing has to end.

heal h1 h2 h3
watch 30s
show hosts
| h1  active
| h2  active
| h3  active
| h4  active
show services
| shop/web  steady, 4 wanted

# The next time it is a fire, and somebody says so.

power-off h1 h2 h3
watch 1m
show services
| shop/web  converging, 4 wanted  h1 fell silent together with most hosts, which is more likely a broken way than so many deaths: nothing of theirs is moved until they return, or until `muster environment release-brake` says so; h2 fell silent together with most hosts, which is more likely a broken way than so many deaths: nothing of theirs is moved until they return, or until `muster environment release-brake` says so; h3 fell silent together with most hosts, which is more likely a broken way than so many deaths: nothing of theirs is moved until they return, or until `muster environment release-brake` says so
release-brake
| done
watch 30s
| 03:55  h4  shop/web (muster/web:1) starts
| 03:55  h4  shop/web (muster/web:1) starts
| 03:55  h4  shop/web (muster/web:1) starts
show hosts
| h1  lost
| h2  lost
| h3  lost
| h4  active
show services
| shop/web  steady, 4 wanted
