// SPDX-License-Identifier: MIT
#include "transport/zmqkeys.h"

#include "security/keyfile.h"
#include "wire/curve.h"

namespace Pyvent::Internal {

namespace {

zmq::const_buffer bufferOf(QByteArrayView bytes)
{
    return {bytes.data(), std::size_t(bytes.size())};
}

} // namespace

bool hasSecureDoor()
{
    return zmq_has("curve") == 1;
}

bool setKeys(ZmqSocket &socket, const PyventSecurity &security)
{
    if (security.serverKey.isEmpty())
        return true;
    QString why; // whoever asks reads them again
    const auto own = readKeyFile(security.keyFile, &why);
    const QByteArray server = readPublicKey(security.serverKey, &why);
    if (!own || server.isEmpty())
        return false;
    socket.set(zmq::sockopt::curve_serverkey, bufferOf(server));
    socket.set(zmq::sockopt::curve_publickey, bufferOf(own->pair.publicKey()));
    socket.set(zmq::sockopt::curve_secretkey, bufferOf(own->pair.secretKey().view()));
    return true;
}

qsizetype sealingOverhead(const PyventSecurity &security)
{
    return security.serverKey.isEmpty() ? 0 : Curve::messageOverhead;
}

} // namespace Pyvent::Internal
