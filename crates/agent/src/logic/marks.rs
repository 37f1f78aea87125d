//! Where tests want to know that they have been.

muster_model::marks! {
    OLD_GENERATION = "agent: a container of an earlier generation goes first";
    STRAY_SWEPT = "agent: a container of a unit that the table does not name goes";
    SIDEKICK_IN_THE_WAY = "agent: a sidekick goes because its primary ended";
    MADE_ANEW = "agent: a container that cannot be started is made anew";
    ADOPTED = "agent: a container that was there before the agent is adopted";
    BACKOFF = "agent: a container that ended waits before it is started again";
    TRIES_BACKOFF = "agent: an action that failed waits before it is tried again";
    MAYBE_DONE = "agent: an answer was lost and the agent looks at what is there";
    EVENT_BEFORE_ANSWER = "agent: an event came before the answer it is about";
    LATE_LIST = "agent: a list that is older than what was learned since";
    ENDED_BEFORE_STOP = "agent: what is to be ended has ended already";
    LEASE_ENDING = "agent: an exclusive unit is asked to end because the lease runs out";
    LEASE_OVER = "agent: an exclusive unit is ended by force because the lease ran out";
    LEASE_WAITS = "agent: an exclusive unit waits for a lease before it starts";
    WATCHDOG_ENDED = "agent: the watchdog ended an exclusive unit in the agent's place";
    TABLE_UNFIT = "agent: a table that does not follow is asked for whole";
    NOTEBOOK_NOT_WRITTEN = "agent: the notebook could not be written";
    LEFT_UNANSWERED = "agent: a server that does not answer is left";
    NETWORK_GONE = "agent: a container's network or primary is gone";
    IMAGE_PULLED = "agent: an image that is not here is pulled";
    OUT_OF_ROOM = "agent: an action is held back because enough are under way";
}
