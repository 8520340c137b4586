"""Why a file became what it became, each with what it means and what to do.

They are catalogued like errors: `hub errors REASON` and the reference say the same.
"""

from hub.coordination.policy.reasons import Reason

#: In the order in which the gate asks.
REASONS: dict[str, Reason] = {
    "content.known": Reason(
        "Duplicate: the same bytes were here before, and are in force or wait",
        "Nothing; if it is meant to count again, say so under another name with"
        " another content",
    ),
    "file.unusable": Reason(
        "Rejected: the file as a whole cannot be used; the error code says why",
        "Let the sender correct what the code names, and send the file again",
    ),
    "file.test": Reason(
        "Rejected: the file says of itself that it is a test",
        "Let the sender mark it as production, or send tests to a test hub",
    ),
    "totals.wrong": Reason(
        "Rejected as partial: what the file says at its end is missing or is not true",
        "Let the sender upload the whole file again, with totals that agree",
    ),
    "rows.wrong": Reason(
        "Rejected: more of the rows are wrong than `max_errors` of the gate allows",
        "Look at the codes of the rows; the sender corrects them, or the profile is"
        " not that of this feed",
    ),
    "check.failed": Reason(
        "Held: the check of the file came to no end, which is not the file's fault",
        "Look at the error code and the log, then approve it: that checks it again",
    ),
    "name.reused": Reason(
        "Held: a file of this name was here before, with something else in it",
        "Ask the sender whether it is a correction; if names come again as a rule, set"
        " `reuses_names` of the gate",
    ),
    "name.sequence": Reason(
        "Held: name and content disagree about the number in the series",
        "Ask the sender which is right",
    ),
    "name.period": Reason(
        "Held: name and content disagree about the period, or it is far in the future",
        "Ask the sender which period it is about",
    ),
    "control.reused": Reason(
        "Held: the sender's control number came before, with something else in it",
        "Ask the sender whether it is a correction",
    ),
    "sequence.gap": Reason(
        "Held: files between the last one and this one are missing",
        "Have the missing files sent first; approve this one if there are none",
    ),
    "sequence.passed": Reason(
        "Held: its number in the series was passed already",
        "Ask the sender whether it is late or sent again; in force it would be older"
        " than what is known",
    ),
    "sequence.missing": Reason(
        "Held: its feed is `ordered`, and the file has no number in the series",
        "Name `sequence` in the pattern `files` of the source, or do not set `ordered`",
    ),
    "rows.none": Reason(
        "Held: it is to list everybody, and lists nobody",
        "Ask the sender; approve it only if there is nobody left",
    ),
    "rows.few": Reason(
        "Held: it has far fewer rows than files of this feed usually have",
        "Ask the sender whether all is in it; `band` of the gate says what is usual",
    ),
    "rows.many": Reason(
        "Held: it has far more rows than files of this feed usually have",
        "Ask the sender whether all is meant; `band` of the gate says what is usual",
    ),
    "members.drop": Reason(
        "Held: more of the active records would be gone than `max_drop` allows",
        "Compare its counts with what the sender says; approve it if so many left",
    ),
    "members.ended": Reason(
        "Held: a file of changes ends more records than `max_terminations` allows",
        "Ask the sender whether so many are meant; approve it if they are",
    ),
    "rows.doubtful": Reason(
        "Held: more of the rows are wrong than half of what `max_errors` allows",
        "Look at the rows; approve it to use the others, or have it sent again",
    ),
    "rows.nameless": Reason(
        "Held: rows do not say whom they are about, and the file ends records",
        "Look at the rows: who seems to be missing may be in them; approve it if not",
    ),
    "file.permitted": Reason("Permitted: nothing speaks against the file"),
    "decided.approved": Reason("Permitted: a person approved the file"),
    "decided.rejected": Reason(
        "Rejected: a person decided against the file",
        "Have it sent again if that was a mistake",
    ),
    "decided.superseded": Reason(
        "Rejected: a later file of the feed is in force",
        "Nothing, where the later file has all that this one had; else have it sent"
        " again",
    ),
    # Of files of ours.
    "sending.given_up": Reason(
        "Refused: every attempt to send it failed",
        "Look at the attempts of its deliveries; `hub exchange resend` sends it again",
    ),
    "sending.superseded": Reason(
        "Refused: another file has what this one had",
        "Nothing; look at the later file",
    ),
    "sending.abandoned": Reason(
        "Refused: what was in it goes in other files, or to nobody any more",
        "Nothing; its number stays used up",
    ),
    "acknowledgement.accepted": Reason("Acknowledged: the partner took all of it"),
    "acknowledgement.partly": Reason(
        "Acknowledged: the partner took a part of it",
        "Look at the partner's codes, and correct what they name",
    ),
    "acknowledgement.rejected": Reason(
        "Refused: the partner did not take it",
        "Look at the partner's codes; then `hub exchange resend`",
    ),
    "acknowledgement.missing": Reason(
        "Overdue: the partner did not say in time whether it took it",
        "Ask the partner; an answer that comes later is heard all the same",
    ),
    "file.missing": Reason(
        "Overdue: no file came that was due by `expected` of the gate",
        "Ask the partner, and see whether the source can log in and list its folder",
    ),
}
