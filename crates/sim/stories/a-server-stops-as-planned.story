# Before a server stops as planned it gives leases that last until it is back: what may run only once runs on without it.

add-host h1 h2
advance 10s
deploy ops
    services:
      lead:
        image: muster/lead:1
        labels:
          io.muster.exclusive: "true"
          sim.exclusive: "true"
| done

advance 15s
ask server to stop
watch 10m
show containers
| h1  ops/lead  muster/lead:1  runs

# Once it is back, leases are as long as ever, as soon as each agent has said that it gave the long one up.

start server
watch 30s
cut h1
watch 80s
| 11:42  h1  ops/lead (muster/lead:1) ends
| 12:00  h2  ops/lead (muster/lead:1) starts
show units
| ops/lead-1  h1  running  to be removed
| ops/lead-1  h2  running
