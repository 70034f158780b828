"""Guess how English letters sound, by a table of graphemes: near enough to find a word in speech, not to speak it."""

import re
from collections.abc import Iterator
from typing import Final

PHONES: Final = frozenset((
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH", "K",
    "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
))  # fmt: skip
"""CMUdict's set, without stress."""

_RULES: Final = """
^kn=N ^gn=N ^wr=R ^ps=S ^pn=N ^x=Z ^y=Y ^mc=M_AH_K ^wh=W ^rh=R ^sch=SH
tion$=SH_AH_N tions$=SH_AH_N_Z sion$=ZH_AH_N ssion$=SH_AH_N cian$=SH_AH_N tious$=SH_AH_S cious$=SH_AH_S
ted$=T_IH_D ded$=D_IH_D ses$=S_IH_Z zes$=Z_IH_Z xes$=K_S_IH_Z ces$=S_IH_Z ges$=JH_IH_Z ches$=CH_IH_Z shes$=SH_IH_Z
tial$=SH_AH_L cial$=SH_AH_L ture$=CH_ER sure$=ZH_ER ious$=IY_AH_S eous$=IY_AH_S ous$=AH_S age$=IH_JH ism$=IH_Z_AH_M
le$=AH_L les$=AH_L_Z ed$=D es$=Z e$= igh=AY eigh=EY augh=AO ough=AO
tch=CH sch=SH sh=SH ch=CH th=TH ph=F ck=K ng$=NG nk=NG_K ngs$=NG_Z qu=K_W gh=G wh=W dge=JH dges$=JH_IH_Z cz=CH sz=SH
ll=L ss=S tt=T pp=P ff=F mm=M nn=N rr=R dd=D bb=B gg=G cc=K zz=Z kk=K
ce=S_EH ci=S_IH cy=S_IY ce$=S ge$=JH
ai=EY ay=EY au=AO aw=AO aa=AA ae=IY ea=IY ee=IY ei=AY eu=UW ew=UW ey=IY ie=IY oa=OW oo=UW oe=OW oi=OY oy=OY ou=AW
ow=OW ue=UW ui=UW uy=AY eau=OW
air=EH_R ear=IH_R eer=IH_R oor=AO_R our=AO_R ar=AA_R er=ER ir=ER or=AO_R ur=ER yr=ER
a=AE b=B c=K d=D e=EH f=F g=G h=HH i=IH j=JH k=K l=L m=M n=N o=AA p=P q=K r=R s=S t=T u=AH v=V w=W x=K_S y=IY z=Z
^= $=
"""
"""Letters and their phones: ^ is the begin of a word, $ its end. The longest that fit are read."""

_LONG: Final = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}
_SILENT_E: Final = re.compile(r"(?:(?<=qu)|(?<![aeiouy]))[aeiouy](?:[bcdfgklmnpstvz]|th|st)e[sd]?\$")
"""A vowel that an e makes long, which is silent itself: "name", "tide"."""


def _table() -> dict[str, tuple[str, ...]]:
    rules = (rule.split("=") for rule in _RULES.split())
    return {letters: tuple(one for one in phones.split("_") if one) for letters, phones in rules}


_TABLE: Final = _table()
_LONGEST: Final = max(map(len, _TABLE))


def phones_of(word: str) -> str:
    """Return the phones of a word in small letters a to z, parted by spaces; every other sign is silent."""
    letters = "".join(one for one in word if "a" <= one <= "z")
    return " ".join(_sounds(f"^{letters}$")) or "AH"


def _sounds(marked: str) -> Iterator[str]:
    place = 0
    while place < len(marked):
        if _SILENT_E.match(marked, place):
            yield _LONG[marked[place]]
            place += 1
            continue
        length = next(length for length in range(_LONGEST, 0, -1) if marked[place : place + length] in _TABLE)
        yield from _TABLE[marked[place : place + length]]
        place += length
