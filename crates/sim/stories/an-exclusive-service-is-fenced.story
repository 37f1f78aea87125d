# An exclusive service runs once, on all hosts together, whatever is cut off from whom.

add-host h1 h2
advance 10s
deploy ops
    services:
      lead:
        image: muster/lead:1
        labels:
          io.muster.exclusive: "true"
| done

advance 15s
show units
| ops/lead-1  h1  running

# Its host is cut off. The platform does not know whether it still runs there, so it waits until the host's lease has
# surely run out; before that the host itself has ended it.

cut h1
watch 30s
show services
| ops/lead  converging, 1 wanted  may run only once, and perhaps still does on h1, which does not answer; moves once it surely has ended there; waits for unit 1 (h1 does not answer)
show containers
| h1  ops/lead  muster/lead:1  runs
watch 60s
| 01:12  h1  ops/lead (muster/lead:1) ends
| 01:26  h2  ops/lead (muster/lead:1) starts
show containers
| h1  ops/lead  muster/lead:1  does not run
| h2  ops/lead  muster/lead:1  runs
show services
| ops/lead  steady, 1 wanted

# The host is back: what it had is removed, and the one elsewhere stays.

heal h1
watch 20s
show containers
| h2  ops/lead  muster/lead:1  runs
