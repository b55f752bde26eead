// SPDX-License-Identifier: MIT
#include "node/noderegistry.h"

#include "node/pyventnode_p.h"

#include <cstdlib>
#include <set>

namespace Pyvent::Internal {

namespace {

struct Nodes
{
    std::mutex mutex;
    std::set<PyventNode *> all;
};

void stopAll();

Nodes &nodes()
{
    // Never deleted: static nodes may end after all other static objects. They end before stopAll() is called, because it
    // was registered while the first node was made.
    static Nodes *const theNodes = [] {
        std::atexit(stopAll);
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
