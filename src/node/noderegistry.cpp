// SPDX-License-Identifier: MIT
#include "node/noderegistry.h"

#include "node/pyventnode_p.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <thread>

#include <pthread.h>

namespace Pyvent::Internal {

namespace {

struct Nodes
{
    std::mutex mutex;
    std::set<PyventNode *> all;
    bool willStop = false;                                    // before the process ends
    std::optional<std::thread::id> ends;                      // in which the process ends
    std::vector<std::shared_ptr<PyventNodePrivate>> ofParent; // in a child: never destroyed
};

void stopAll();
void applicationBegins();
void beforeFork();
void afterForkInParent();
void afterForkInChild();

Nodes &nodes()
{
    // Never deleted: static nodes may end after all other static objects.
    static Nodes *const theNodes = [] {
        ::pthread_atfork(beforeFork, afterForkInParent, afterForkInChild);
        return new Nodes;
    }();
    return *theNodes;
}

void stopAll()
{
    std::vector<std::shared_ptr<PyventNodePrivate>> left;
    {
        const std::lock_guard lock(nodes().mutex);
        nodes().willStop = false;
        nodes().ends = std::this_thread::get_id();
        for (const PyventNode *node : nodes().all)
            left.push_back(PyventNodePrivate::of(*node));
    }
    // One of them may serve the others.
    for (const PyventNode::Part part : {PyventNode::Client, PyventNode::Server}) {
        for (const auto &node : left)
            node->stop(part);
    }
}

// Runs in the main thread, for each QCoreApplication that is made.
void applicationBegins()
{
    std::vector<std::shared_ptr<PyventNodePrivate>> here;
    {
        const std::lock_guard lock(nodes().mutex);
        for (const PyventNode *node : nodes().all) {
            if (node->thread() == QThread::currentThread())
                here.push_back(PyventNodePrivate::of(*node));
        }
    }
    for (const auto &node : here)
        node->eventLoopBegins();
}

// So that no other thread, which is missing in the child, has the mutex.
void beforeFork()
{
    nodes().mutex.lock();
}

void afterForkInParent()
{
    nodes().mutex.unlock();
}

void afterForkInChild()
{
    for (PyventNode *node : nodes().all)
        nodes().ofParent.push_back(PyventNodePrivate::replaceInChild(node));
    nodes().mutex.unlock();
}

} // namespace

void NodeRegistry::add(PyventNode *node)
{
    nodes();
    // Not while nodes() makes them: this calls applicationBegins() where there is an application already.
    [[maybe_unused]] static const bool isRegistered = (qAddPreRoutine(applicationBegins), true);
    const std::lock_guard lock(nodes().mutex);
    nodes().all.insert(node);
}

// Registered anew where a static object's destructor, which is called after stopAll(), uses a node: what is registered while
// the process ends is called before whatever was registered earlier. Not for other threads: one that goes on sending would keep
// the process from ending.
void NodeRegistry::starts()
{
    const std::lock_guard lock(nodes().mutex);
    if (nodes().ends && nodes().ends != std::this_thread::get_id())
        return;
    if (!std::exchange(nodes().willStop, true))
        std::atexit(stopAll);
}

void NodeRegistry::remove(PyventNode *node)
{
    const std::lock_guard lock(nodes().mutex);
    nodes().all.erase(node);
}

} // namespace Pyvent::Internal
