"""Who may do what: one line for each kind of call, one column for each identity."""

from __future__ import annotations

from collections.abc import Mapping

from tests.access.identities import Identity

Policy = Mapping[Identity, str]
_WORDS = {
    "ok": "OK",
    "who?": "UNAUTHENTICATED",
    "no": "PERMISSION_DENIED",
    "none": "NOT_FOUND",
    "bad": "INVALID_ARGUMENT",
    "late": "FAILED_PRECONDITION",
}
"""ok: answered. who?: sign in first. no: refused. none: what is asked for does not exist for this caller.
bad, late: let in, and told what is wrong with an empty request; where an answer would need a long conversation."""

_TABLE = """
                    anonymous stranger viewer editor owner supervisor administrator key  elsewhere unscoped service
everybody           ok        ok       ok     ok     ok    ok         ok            ok   ok        ok       ok
everybody-bad       bad       bad      bad    bad    bad   bad        bad           bad  bad       bad      bad
everybody-late      late      late     late   late   late  late       late          late late      late     late
known               who?      ok       ok     ok     ok    ok         ok            ok   ok        no       ok
catalogue           who?      ok       ok     ok     ok    ok         ok            ok   ok        ok       ok
people              who?      ok       ok     ok     ok    ok         ok            no   no        no       no
people-bad          who?      bad      bad    bad    bad   bad        bad           no   no        no       no
people-none         who?      none     none   none   none  none       none          no   no        no       no
administer-none     who?      no       no     no     no    no         none          no   no        no       no
administer-bad      who?      no       no     no     no    no         bad           no   no        no       no
administer-late     who?      no       no     no     no    no         late          no   no        no       no
administer          who?      no       no     no     no    no         ok            no   no        no       no
revoke-key          who?      none     none   none   ok    none       ok            no   no        no       no
owner-alone         who?      none     none   none   ok    none       none          no   no        no       no
internal            who?      no       no     no     no    no         no            no   no        no       ok
internal-bad        who?      no       no     no     no    no         no            no   no        no       bad
create-project      who?      ok       ok     ok     ok    ok         ok            no   no        no       no
view                who?      none     ok     ok     ok    ok         none          ok   none      no       ok
view-late           who?      none     late   late   late  late       none          late none      no       late
edit                who?      none     no     ok     ok    no         none          ok   none      no       ok
own                 who?      none     no     no     ok    no         none          ok   none      no       ok
creator             who?      none     no     no     ok    no         none          ok   none      no       ok
undo                who?      none     no     none   ok    no         none          ok   none      no       ok
mine                who?      none     none   none   ok    none       none          none none      no       ok
"""


def _read(table: str) -> dict[str, Policy]:
    _header, *lines = filter(None, map(str.strip, table.splitlines()))
    found: dict[str, Policy] = {}
    for line in lines:
        name, *words = line.split()
        found[name] = {who: _WORDS[word] for who, word in zip(Identity, words, strict=True)}
    return found


POLICIES = _read(_TABLE)
