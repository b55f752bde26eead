// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_LANEPEER_H
#define PYVENT_SERVER_LANEPEER_H

#include "server/peer.h"
#include "wire/lane.h"

namespace Pyvent::Internal {

// The server's end of a lane: one connection, by which a link of nodes sends and hears.
class LanePeer : public Peer
{
public:
    // \a relay outlives it. Whether it \a takesFiles: from who may have this process close any descriptor.
    LanePeer(Relay *relay, qsizetype maximumFrameSize, bool takesFiles = false);

    bool sends() const override { return true; }
    bool hears() const override { return true; }
    bool receive(QByteArrayView bytes) override;
    PassedFiles *files() override { return m_takesFiles ? &m_files : nullptr; }
    Debt debt() const override;
    void settle() override;

protected:
    bool handle(const FrameReader::Frame &frame) override;

private:
    bool handleCommand(QByteArrayView body);
    bool handleMessage(const FrameReader::Frame &frame);
    bool handleFile(QByteArrayView data);
    bool handleSealedFile(FileDescriptor file);
    bool handlePooledFile(FileDescriptor file, qsizetype size);
    void tookFile(QByteArrayView encoded, qsizetype size, Block block);
    Lane::Acknowledgement due() const;
    void acknowledge();
    void took(qsizetype bytes);

    const qsizetype m_maximumFrameSize;
    const bool m_takesFiles;
    PassedFiles m_files;
    QByteArrayView m_bytes; // that are received now
    Lane::Acknowledgement m_taken;
    Lane::Acknowledgement m_told;
    qsizetype m_untoldBytes = 0; // of events
    bool m_isInHurry = false;
    quint64 m_tellsUpTo = 0; // what the output has had, when an acknowledgement was added last
};

} // namespace Pyvent::Internal

#endif
