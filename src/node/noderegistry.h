// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_NODEREGISTRY_H
#define PYVENT_NODE_NODEREGISTRY_H

class PyventNode;

namespace Pyvent::Internal {

// The nodes of this process, for what happens to all of them at once.
//
// exit() destroys neither local objects nor those on the heap, and what their nodes have accepted is to be delivered all
// the same; so is what the destructors of static objects send after that. A program may make one QCoreApplication after the
// other, and what nodes had registered with the first one's event loop has gone with it. A child of fork() has copies of its
// parent's nodes, but not the threads that do their work: a new inside makes them refuse everything.
//
// Any thread may call this.
class NodeRegistry
{
public:
    static void add(PyventNode *node);
    static void remove(PyventNode *node);

    // A node begins to use the bus.
    static void starts();
};

} // namespace Pyvent::Internal

#endif
