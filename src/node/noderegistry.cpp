// SPDX-License-Identifier: MIT
#include "node/noderegistry.h"

#include "node/pyventnode_p.h"

#include <cstdlib>
#include <set>

#include <pthread.h>

namespace Pyvent::Internal {

namespace {

struct Nodes
{
    std::mutex mutex;
    std::set<PyventNode *> all;
    std::vector<std::shared_ptr<PyventNodePrivate>> ofParent; // in a child: never destroyed
};

void stopAll();
void beforeFork();
void afterForkInParent();
void afterForkInChild();

Nodes &nodes()
{
    // Never deleted: static nodes may end after all other static objects. They end before stopAll() is called, because it
    // was registered while the first node was made.
    static Nodes *const theNodes = [] {
        std::atexit(stopAll);
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
        for (const PyventNode *node : nodes().all)
            left.push_back(PyventNodePrivate::of(*node));
    }
    // One of them may serve the others.
    for (const PyventNode::Part part : {PyventNode::Client, PyventNode::Server}) {
        for (const auto &node : left)
            node->stop(part);
    }
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
    const std::lock_guard lock(nodes().mutex);
    nodes().all.insert(node);
}

void NodeRegistry::remove(PyventNode *node)
{
    const std::lock_guard lock(nodes().mutex);
    nodes().all.erase(node);
}

} // namespace Pyvent::Internal
