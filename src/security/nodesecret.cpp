// SPDX-License-Identifier: MIT
#include "security/nodesecret.h"

#include <QtCore/qendian.h>
#include <QtCore/qmessageauthenticationcode.h>
#include <QtCore/qrandom.h>

#include <algorithm>

namespace Pyvent::Internal {

NodeSecret::NodeSecret()
    : m_bytes(size, Qt::Uninitialized)
{
    QRandomGenerator::system()->generate(m_bytes.begin(), m_bytes.end());
}

std::optional<NodeSecret> NodeSecret::read(QByteArrayView bytes)
{
    if (bytes.size() != size)
        return {};
    return NodeSecret(bytes.toByteArray());
}

QUuid NodeSecret::node(quint32 index) const
{
    char bytes[sizeof(quint32)];
    qToBigEndian(index, bytes);
    const QByteArray hash = QMessageAuthenticationCode::hash(QByteArray::fromRawData(bytes, sizeof bytes), m_bytes,
                                                             QCryptographicHash::Sha256);
    QUuid node;
    node.data1 = index;
    node.data2 = qFromBigEndian<quint16>(hash.data());
    node.data3 = (qFromBigEndian<quint16>(hash.data() + 2) & 0x0FFF) | 0x8000;
    std::copy_n(hash.begin() + 4, sizeof node.data4, node.data4);
    node.data4[0] = (node.data4[0] & 0x3F) | 0x80;
    return node;
}

} // namespace Pyvent::Internal
