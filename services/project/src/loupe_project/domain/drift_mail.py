"""An alert about drift as a mail. Nobody knows yet in which language somebody reads, so it is said in both."""

from loupe_project.domain.drift import Verdict
from loupe_project.domain.drift_watch import DriftAlert

_SUBJECTS = {
    None: ("test alert", "시험 알림"),
    Verdict.LOOK: ("drift, look at it", "변화 감지, 확인 필요"),
    Verdict.RETRAIN: ("drift, retraining advised", "변화 감지, 재학습 권장"),
}
_NAME_CHARS = 100


def subject_of(alert: DriftAlert, project_name: str) -> str:
    """One line, in both languages."""
    english, korean = _SUBJECTS[alert.verdict]
    name = "".join(sign if sign.isprintable() else " " for sign in project_name)[:_NAME_CHARS]
    return f"Loupe, {name}: {english} / {korean}"


def text_of(alert: DriftAlert, project_name: str) -> str:
    """What people read: the sentence, and the query that opens the images; English first, then Korean."""
    english = [alert.sentence, "", f"Project: {project_name}"]
    korean = [alert.sentence_ko, "", f"프로젝트: {project_name}"]
    if alert.query:
        english.append(f"Query for these images: {alert.query}")
        korean.append(f"해당 이미지 검색어: {alert.query}")
    english += [
        "",
        "You get this because an editor of the project chose you under Curation, Drift; ask him to stop it.",
    ]
    korean += [
        "",
        "프로젝트 편집자가 큐레이션, 변화에서 받는 사람으로 지정한 메일입니다. 중단은 편집자에게 요청하세요.",
    ]
    return "\n".join([*english, "", "-" * 20, "", *korean, ""])
