# A unit with a local volume never moves by itself: its data cannot follow.

add-host h1 h2
advance 10s
deploy blog
    services:
      db:
        image: muster/db:1
        volumes:
          - data:/data
    volumes:
      data:
| done

advance 15s
show units
| blog/db-1  h1  running
cut h1
advance 40s
show hosts
| h1  lost
| h2  active
show units
| blog/db-1  h1  running
show services
| blog/db  blocked, 1 wanted  its data lies on h1, which does not answer; bring h1 back; waits for unit 1 (h1 does not answer)

# The same container runs on; nothing is started again when the host is back.

heal h1
watch 20s
show services
| blog/db  steady, 1 wanted
