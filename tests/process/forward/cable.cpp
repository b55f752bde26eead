// SPDX-License-Identifier: MIT
// A cable between two buses: what a node hears on one, another node in the same process forwards to the other.
//
//   cable PORT PORT [--python]
//
// It says "ready" when both nodes are Ready, "acknowledged A B" when the servers have acknowledged so many events that were forwarded to
// the first and the second bus, "error CODE TEXT" of each error, and "refused" when an event is not taken. With --python it sends what
// Python's nodes send as well, as its own events: they have no number by which others would know them, so there must be no second way
// between the buses. It ends with its input.
#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qtimer.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

void say(const QByteArray &line)
{
    std::puts(line.constData());
    std::fflush(stdout);
}

PyventOptions end(int port)
{
    return {.port = port, .server = false, .hearOwnEvents = false};
}

class Cable : public QObject
{
public:
    Cable(int one, int other, bool takesPythons)
        : m_ends{PyventNode(end(one)), PyventNode(end(other))}
    {
        m_tell.setSingleShot(true);
        connect(&m_tell, &QTimer::timeout, this, &Cable::tell);
        for (int i = 0; i < 2; ++i) {
            PyventNode *const node = &m_ends[i];
            PyventNode *const to = &m_ends[1 - i];
            node->onFrame("*", this, [to](const PyventFrame &frame) {
                if (!frame.nodeId.isNull() && !to->forward(frame))
                    say("refused");
            });
            if (takesPythons)
                hearPythons(node, to);
            connect(node, &PyventNode::acknowledgedChanged, this, [this] {
                if (!m_tell.isActive())
                    m_tell.start(20ms);
            });
            connect(node, &PyventNode::errorOccurred, this, [](const PyventError &error) {
                say("error " + QByteArray(QMetaEnum::fromType<PyventError::Code>().valueToKey(error.code)) + ' '
                    + error.text.toUtf8());
            });
            node->whenReady().then(this, [this] {
                if (++m_ready == 2)
                    say("ready");
            });
        }
    }

private:
    void hearPythons(PyventNode *node, PyventNode *to)
    {
        node->on("*", {.sender = PyventSender::Any}, this, [to](const PyventEvent &event) {
            const QString sender = event.sender == "pyvent"_L1 ? QString() : event.sender;
            if (event.nodeId.isNull() && !to->send(event.name, event.args, {.sender = sender}))
                say("refused");
        });
    }
    void tell()
    {
        say("acknowledged " + QByteArray::number(m_ends[0].acknowledged()) + ' '
            + QByteArray::number(m_ends[1].acknowledged()));
    }

    PyventNode m_ends[2];
    int m_ready = 0;
    QTimer m_tell;
};

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const bool takesPythons = argc == 4 && qstrcmp(argv[3], "--python") == 0;
    if (argc != 3 && !takesPythons) {
        std::fputs("usage: cable PORT PORT [--python]\n", stderr);
        return 2;
    }
    const Cable cable(std::atoi(argv[1]), std::atoi(argv[2]), takesPythons);
    const QSocketNotifier input(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&input, &QSocketNotifier::activated, &application, &QCoreApplication::quit);
    return QCoreApplication::exec();
}
