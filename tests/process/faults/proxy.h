// SPDX-License-Identifier: MIT
#ifndef PYVENT_FAULTS_PROXY_H
#define PYVENT_FAULTS_PROXY_H

#include <QtCore/qbytearray.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/socket.h>

struct pollfd;

namespace PyventFaults {

// Forwards connections from a port of the loopback, or a Unix socket, to another one, on a thread of its own, and disturbs them
// when told to; each order is done when its function returns. A bus takes one for each of the server's ports, and one for its lane.
class Proxy
{
public:
    using Clock = std::chrono::steady_clock;

    // A port of the loopback, or the path of a Unix socket.
    class End
    {
    public:
        End(int port);
        End(const QByteArray &path);

        // Where the server of the bus at \a port has its lane. The folder is made.
        static End lane(int port);

        int newSocket(int flags) const;
        const sockaddr *address() const { return reinterpret_cast<const sockaddr *>(&m_address); }
        socklen_t size() const { return m_size; }
        const QByteArray &path() const { return m_path; }

    private:
        sockaddr_storage m_address{};
        socklen_t m_size = 0;
        QByteArray m_path;
    };

    // Listens at \a near; isListening() says whether it could. A path's file is removed before and afterwards.
    Proxy(const End &near, const End &far);
    ~Proxy();
    Q_DISABLE_COPY_MOVE(Proxy)

    bool isListening() const { return m_isListening; }

    void drop();               // ends all connections as a peer that closes them does (FIN)
    void reset();              // ends all connections as a peer that crashed does (RST; as drop() by a path)
    void setStalled(bool on);  // reads nothing any more, so that both ends' buffers fill up
    void setRefusing(bool on); // nobody can connect
    void setDelay(std::chrono::milliseconds delay); // holds what it reads back for so long

private:
    struct Chunk
    {
        Clock::time_point due;
        std::vector<char> data;
        size_t written = 0;
    };
    struct Direction
    {
        int from = -1;
        int to = -1;
        std::list<Chunk> chunks;
        size_t bytes = 0;
        bool ended = false;    // the one end has closed
        bool passedOn = false; // and the other one knows
    };
    struct Connection
    {
        Direction out;
        Direction back;
        bool failed = false;
    };

    void order(const std::function<void()> &command);
    void run();
    void listen();
    void refuse(bool on);
    void runOrders();
    void accept();
    void close(Connection &connection, bool withReset);
    void closeAll(bool withReset);
    void watch(std::vector<pollfd> *watched, int *timeout) const;
    void pump(Direction &direction, Connection &connection);

    const End m_near;
    const End m_far;
    bool m_isListening = false; // at first
    int m_listener = -1;
    int m_wake[2] = {-1, -1};
    std::list<Connection> m_connections;
    bool m_stalled = false;
    bool m_quit = false;
    std::chrono::milliseconds m_delay{0};
    std::mutex m_mutex; // guards the next four
    std::condition_variable m_changed;
    quint64 m_ordered = 0;
    quint64 m_done = 0;
    std::vector<std::function<void()>> m_orders;
    std::thread m_thread;
};

} // namespace PyventFaults

#endif
