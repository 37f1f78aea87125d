# A machine burnt down. Who has seen it says so: nobody waits for its lease.

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
show units
| ops/lead-1  h1  running
confirm-dead h1
| refused: host `h1` is in touch, so it is not dead; have what runs there leave it with `muster host evacuate h1`
power-off h1
advance 8s
show hosts
| h1  suspect
| h2  active
confirm-dead h1
| done
watch 5s
| 00:36  h2  ops/lead (muster/lead:1) starts
show units
| ops/lead-1  h1  running  to be removed
| ops/lead-1  h2  running
