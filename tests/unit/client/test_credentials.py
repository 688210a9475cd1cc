import threading
import time

from google.protobuf.timestamp_pb2 import Timestamp

from loupe.auth.v1 import account_service_pb2 as pb
from loupe_client._credentials import Credentials


def _tokens(name: str, seconds: float) -> pb.SessionTokens:
    end = Timestamp(seconds=int(time.time() + seconds))
    return pb.SessionTokens(
        access_token=f"access-{name}", refresh_token=f"refresh-{name}", access_token_expire_time=end
    )


class Renewer:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, refresh_token: str) -> pb.SessionTokens:
        self.asked.append(refresh_token)
        time.sleep(0.01)
        return _tokens("b", 600)


def test_token__api_key_is_never_renewed() -> None:
    renewer = Renewer()

    assert Credentials("lp_key", renewer).token() == "lp_key"
    assert renewer.asked == []


def test_token__is_kept_while_it_lasts() -> None:
    renewer = Renewer()
    credentials = Credentials(None, renewer)
    credentials.open(_tokens("a", 600))

    assert credentials.token() == "access-a"
    assert renewer.asked == []


def test_token__is_renewed_once_by_many_threads() -> None:
    renewer = Renewer()
    credentials = Credentials(None, renewer)
    credentials.open(_tokens("a", 5))
    found: list[str | None] = []

    threads = [threading.Thread(target=lambda: found.append(credentials.token())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(found) == {"access-b"}
    assert renewer.asked == ["refresh-a"]


def test_token__nobody_after_closing() -> None:
    credentials = Credentials(None, Renewer())
    credentials.open(_tokens("a", 5))
    credentials.close()

    assert credentials.token() is None
