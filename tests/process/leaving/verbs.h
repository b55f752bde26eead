// SPDX-License-Identifier: MIT
#ifndef PYVENT_LEAVING_VERBS_H
#define PYVENT_LEAVING_VERBS_H

#include <PyventNode>

#include <span>

// Each public function with which a program does something with a node, or, where the name says so, with the default node.
struct Verb
{
    const char *name;
    bool (*works)(PyventNode &node, QObject *context); // false: it has returned what a refused call returns
    bool isTold = true;                                // by errorOccurred(); if not, by lastError() alone
};

std::span<const Verb> verbs();

#endif
