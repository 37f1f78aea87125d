# The leader's picture of the store is behind: to it a host still speaks with a server that is gone. It moves nothing on that.

add-server s2
add-host h1 h2
advance 15s
deploy ops
    services:
      lead:
        image: muster/lead:1
        labels:
          io.muster.exclusive: "true"
          sim.exclusive: "true"
| done

advance 15s
show servers
| s1  runs  was elected last  h1
| s2  runs                    h2
show units
| ops/lead-1  h1  running
late-watch s1 80s
late-watch s2 80s
cut h1
watch 20s
heal h1
watch 3m
| 01:17  h1  ops/lead (muster/lead:1) ends
| 01:50  h1  ops/lead (muster/lead:1) starts
show containers
| h1  ops/lead  muster/lead:1  runs
show hosts
| h1  active
| h2  active
