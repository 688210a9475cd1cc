"""Reading client streams whose first message is a config."""

from collections.abc import AsyncIterator

from loupe.inference.v1 import feature_service_pb2, inference_service_pb2, model_service_pb2
from loupe_inference import convert
from loupe_inference.domain.errors import StreamMessageUnexpected
from loupe_inference.domain.features import FeatureBlock


def unexpected(expected: str, position: int) -> StreamMessageUnexpected:
    """The error for a message that is not the one that comes at its place."""
    return StreamMessageUnexpected(
        f"Message {position} of the stream must hold a {expected}: send the config first, and only once.",
        expected=expected,
        position=str(position),
    )


async def chunks(
    messages: AsyncIterator[inference_service_pb2.AnalyseImageRequest | model_service_pb2.RegisterModelVersionRequest],
) -> AsyncIterator[bytes]:
    """The pieces of a file; the config has been taken off.

    Raises:
        StreamMessageUnexpected: If a message carries no chunk.
    """
    position = 0
    async for message in messages:
        position += 1
        if message.WhichOneof("payload") != "chunk":
            raise unexpected("chunk", position)
        yield message.chunk


async def blocks(messages: AsyncIterator[feature_service_pb2.PutFeaturesRequest]) -> AsyncIterator[FeatureBlock]:
    """The blocks of uploaded vectors; the config has been taken off.

    Raises:
        StreamMessageUnexpected: If a message carries no block.
        FeatureBlockInvalid: If the sizes of a block contradict each other.
    """
    position = 0
    async for message in messages:
        position += 1
        if message.WhichOneof("payload") != "block":
            raise unexpected("block", position)
        yield convert.block_from_proto(message.block)
