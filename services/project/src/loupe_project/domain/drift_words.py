"""What a group of images is beside a reference, in one sentence."""

from loupe_project.domain.drift import UNSURE, Group, Verdict
from loupe_project.domain.traits import Trait, TraitFound

_WORDS = {
    Trait.BRIGHTNESS: ("darker than the reference", "brighter than the reference"),
    Trait.CONTRAST: ("flatter than the reference", "richer in contrast than the reference"),
    Trait.SHARPNESS: ("less sharp than the reference", "sharper than the reference"),
    Trait.WIDTH: ("narrower than the reference", "wider than the reference"),
    Trait.HEIGHT: ("lower than the reference", "higher than the reference"),
}
_WORDS_KO = {
    Trait.BRIGHTNESS: ("기준보다 어두움", "기준보다 밝음"),
    Trait.CONTRAST: ("기준보다 대비가 낮음", "기준보다 대비가 높음"),
    Trait.SHARPNESS: ("기준보다 흐림", "기준보다 선명함"),
    Trait.WIDTH: ("기준보다 너비가 작음", "기준보다 너비가 큼"),
    Trait.HEIGHT: ("기준보다 높이가 작음", "기준보다 높이가 큼"),
}


def sentence(group: Group, where: str) -> str:
    """What a group is, for people who read English.

    Args:
        group: The group.
        where: How it is called, as in "line L3".
    """
    if group.verdict is Verdict.QUIET:
        return f"{where}: {group.count} images, nothing unusual."
    parts = [f"{group.unlike_share:.0%} of {group.count} images are unlike anything in the reference"]
    for one in group.conspicuous_traits:
        below, above = _WORDS[one.trait]
        parts.append(f"{_share(one):.0%} are {below if _is_below(one) else above}")
    if group.unsure_share > UNSURE:
        parts.append(f"{group.unsure_share:.0%} are unsure")
    if group.wrong_share > 0:
        parts.append(f"{group.wrong_share:.0%} of {group.labelled} labelled ones were called wrongly")
    advice = "retraining advised, the oddest first" if group.verdict is Verdict.RETRAIN else "look at them"
    return f"{where}: {', '.join(parts)}; {advice}."


def sentence_ko(group: Group, where: str) -> str:
    """What a group is, for people who read Korean; see `sentence`."""
    if group.verdict is Verdict.QUIET:
        return f"{where}: 이미지 {group.count}장, 특이 사항 없음."
    parts = [f"이미지 {group.count}장 중 {group.unlike_share:.0%}가 기준과 전혀 다름"]
    for one in group.conspicuous_traits:
        below, above = _WORDS_KO[one.trait]
        parts.append(f"{_share(one):.0%}는 {below if _is_below(one) else above}")
    if group.unsure_share > UNSURE:
        parts.append(f"{group.unsure_share:.0%}는 확신이 낮음")
    if group.wrong_share > 0:
        parts.append(f"라벨이 있는 {group.labelled}장 중 {group.wrong_share:.0%}가 오판정")
    advice = "재학습 권장, 가장 특이한 것부터" if group.verdict is Verdict.RETRAIN else "확인 필요"
    return f"{where}: {', '.join(parts)}; {advice}."


def _is_below(found: TraitFound) -> bool:
    return found.below_share >= found.above_share


def _share(found: TraitFound) -> float:
    return max(found.below_share, found.above_share)
