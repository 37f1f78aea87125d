//! Where tests want to know that they have been.

muster_model::marks! {
    ELECTED_ANEW = "server: a leader takes over from an earlier one";
    ROUND_CONFLICT = "server: a decision meets a conflict and is looked at again";
    ROUND_NOT_DONE = "server: the store could not take a decision";
    DECISIONS_DROPPED = "server: decisions after one that was not done are dropped";
    LOOKED_UP_DONE = "server: a commit whose answer was lost had happened";
    LOOKED_UP_NOT_DONE = "server: a commit whose answer was lost had not happened";
    RELOADED = "server: the mirror begins anew because a watch was lost";
    CLAIM_CONFLICT = "server: a claim of a session meets a conflict";
    REPORTS_PUT_BACK = "server: reports that could not be written are kept";
    WRONG_WORDS = "server: words of a connection that was replaced are not heard";
    TAKEN_OVER = "server: a session that was taken over is closed";
    CONNECTED_ANEW = "server: an agent connects anew while its old connection stands";
    OVERSLEPT = "server: it was itself away, and hosts have a while to be heard again";
    FELL_SILENT = "server: a host falls silent";
    LEASE_RAISED = "server: a longer lease is recorded before it is given";
    LEASE_LOWERED = "server: a shorter lease is recorded once the longer one is given up";
    DID_NOT_GREET = "server: an agent that does not say hello is closed";
    RESYNC = "server: an agent asks for everything";
    RESUMED_SAME = "server: an agent resumes with the table that it should have";
    RESUMED_DIFFERENCE = "server: an agent resumes with a difference";
    RESUMED_WHOLE = "server: an agent that resumes is sent everything";
}
