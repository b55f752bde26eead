// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_OUTPUT_H
#define PYVENT_CLI_OUTPUT_H

#include <QtCore/qbytearrayview.h>
#include <QtCore/qobject.h>
#include <QtCore/qsocketnotifier.h>

#include <memory>

namespace Pyvent::Cli {

// Standard output, unbuffered: what write() was given is out when it returns.
//
// A reader that is slow stops the program until it reads, as with any program in a pipe, but never keeps it
// from ending at a signal. A reader that is gone, '| head -1', is noticed at once, not only at the next
// event.
class Output : public QObject
{
    Q_OBJECT

public:
    enum class Result { Written, Closed, Interrupted, Failed };

    // \a interruption is a descriptor that becomes readable when waiting has to end; -1: none.
    explicit Output(int interruption = -1);

    // Writes all of \a text, or says why not. Failed has been reported on stderr.
    Result write(QByteArrayView text);

Q_SIGNALS:
    // The reader is gone.
    void closed();

private:
    Result waitForRoom() const;

    const int m_interruption;
    std::unique_ptr<QSocketNotifier> m_hangUp; // only where output is a pipe or a socket
};

} // namespace Pyvent::Cli

#endif
