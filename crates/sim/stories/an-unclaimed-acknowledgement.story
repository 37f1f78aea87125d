# A host changes over to another server, whose picture of the store is behind. Until that server has seen its own claim, it
# acknowledges nothing: so no lease is given of which the leader does not know.

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
show units
| ops/lead-1  h1  running
late-watch s2 90s
cut-way up h1
watch 3s
heal h1
watch 2m
show containers
| h1  ops/lead  muster/lead:1  runs
