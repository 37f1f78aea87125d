# A program that may run only once takes its time to end, and its files give it five minutes. Its lease does not wait for that.

add-host h1 h2
advance 10s
deploy ops
    services:
      lead:
        image: muster/lead:1
        stop_grace_period: 5m
        labels:
          io.muster.exclusive: "true"
          sim.exclusive: "true"
| done

advance 15s
stubborn ops/lead
cut h1
watch 2m
| 01:19  h1  ops/lead (muster/lead:1) ends
| 01:29  h2  ops/lead (muster/lead:1) starts
show containers
| h1  ops/lead  muster/lead:1  does not run
| h2  ops/lead  muster/lead:1  runs
