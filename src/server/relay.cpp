// SPDX-License-Identifier: MIT
#include "server/relay.h"

#include "wire/batch.h"
#include "wire/topic.h"

#include <algorithm>

namespace Pyvent::Internal {

// Published before it is acknowledged, so that an acknowledgement means something.
qsizetype Relay::receive(Door &door, QByteArrayView client, QByteArrayView delimiter, QByteArrayView message)
{
    noteClient(client);
    if (!delimiter.isEmpty())
        return m_takesBatches && delimiter == batchMark ? receiveBatch(door, client, message) : 1;
    const bool isOffer = m_takesBatches && isProofTopic(message);
    door.publish(message);
    door.reply(client, isOffer ? batchAcknowledgement : acknowledgement);
    return 1;
}

qsizetype Relay::receiveBatch(Door &door, QByteArrayView client, QByteArrayView batch)
{
    if (batch.size() > maximumBatchSize || !isBatch(batch))
        return 1;
    qsizetype count = 0;
    for (QByteArrayView frame; takeFromBatch(&batch, &frame); ++count)
        door.publish(frame);
    door.reply(client, acknowledgement);
    return std::max(count, qsizetype(1));
}

void Relay::sayGoodbye(Door &door)
{
    door.publish(serverDisconnectTopic);
}

void Relay::noteClient(QByteArrayView client)
{
    if (m_hadOtherClients)
        return;
    if (m_firstClient.isEmpty())
        m_firstClient = client.toByteArray();
    else if (client != m_firstClient)
        m_hadOtherClients = true;
}

} // namespace Pyvent::Internal
