// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SUBSCRIPTIONINDEX_H
#define PYVENT_SERVER_SUBSCRIPTIONINDEX_H

#include <QtCore/qbytearray.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace Pyvent::Internal {

// Who has subscribed to what frames begin with: a radix tree. Finding the subscribers of a frame takes one step for each subscribed
// prefix that it begins with, however many others there are. Nothing here recurses: prefixes of prefixes may be thousands deep.
template <typename Subscriber>
class SubscriptionIndex
{
public:
    SubscriptionIndex() = default;
    Q_DISABLE_COPY_MOVE(SubscriptionIndex)
    ~SubscriptionIndex()
    {
        while (!m_root.children.empty()) { // as a list
            std::unique_ptr<Node> node = std::move(m_root.children.back());
            m_root.children.pop_back();
            for (std::unique_ptr<Node> &child : node->children)
                m_root.children.push_back(std::move(child));
        }
    }

    // \a subscriber must not be there under \a prefix.
    void add(QByteArrayView prefix, Subscriber *subscriber)
    {
        Node *node = &m_root;
        while (!prefix.isEmpty()) {
            const auto place = node->placeOf(prefix.front());
            if (place == node->children.end() || (*place)->edge.front() != prefix.front()) {
                auto leaf = std::make_unique<Node>(prefix.toByteArray(), node);
                leaf->subscribers.push_back(subscriber);
                node->children.insert(place, std::move(leaf));
                return;
            }
            Node *const child = place->get();
            const qsizetype common = commonSize(child->edge, prefix);
            if (common < child->edge.size())
                split(*place, common);
            node = place->get();
            prefix = prefix.sliced(common);
        }
        node->subscribers.push_back(subscriber);
    }

    // \a subscriber must be there under \a prefix. Does not throw.
    void remove(QByteArrayView prefix, Subscriber *subscriber)
    {
        Node *node = &m_root;
        while (!prefix.isEmpty()) {
            const auto place = node->placeOf(prefix.front());
            node = place->get();
            prefix = prefix.sliced(node->edge.size());
        }
        std::erase(node->subscribers, subscriber);
        while (node != &m_root && node->subscribers.empty() && node->children.empty()) {
            Node *const parent = node->parent;
            parent->children.erase(parent->placeOf(node->edge.front()));
            node = parent;
        }
        if (node != &m_root && node->subscribers.empty() && node->children.size() == 1)
            merge(node);
    }

    // Calls \a function with each subscriber of what \a frame begins with: more than once if it has subscribed to several prefixes.
    template <typename Function>
    void forEach(QByteArrayView frame, const Function &function) const
    {
        for (const Node *node = &m_root;;) {
            for (Subscriber *subscriber : node->subscribers)
                function(subscriber);
            if (frame.isEmpty() || node->children.empty())
                return;
            const auto place = const_cast<Node *>(node)->placeOf(frame.front());
            if (place == node->children.end() || !frame.startsWith((*place)->edge))
                return;
            node = place->get();
            frame = frame.sliced(node->edge.size());
        }
    }

    bool isEmpty() const { return m_root.subscribers.empty() && m_root.children.empty(); }

private:
    struct Node
    {
        Node() = default;
        Node(const QByteArray &label, Node *above)
            : edge(label)
            , parent(above)
        {
        }

        using Children = std::vector<std::unique_ptr<Node>>;

        // Where the child is, or is to be, whose edge begins with \a byte.
        typename Children::iterator placeOf(char byte)
        {
            return std::lower_bound(children.begin(), children.end(), byte,
                                    [](const std::unique_ptr<Node> &child, char b) { return child->edge.front() < b; });
        }

        QByteArray edge; // from the parent to here
        Node *parent = nullptr;
        std::vector<Subscriber *> subscribers;
        Children children; // in the order of their edges' first bytes, which differ
    };

    static qsizetype commonSize(QByteArrayView a, QByteArrayView b)
    {
        const auto end = a.begin() + std::min(a.size(), b.size());
        return std::mismatch(a.begin(), end, b.begin()).first - a.begin();
    }

    // Puts a node into the edge to \a child, behind \a size bytes.
    static void split(std::unique_ptr<Node> &child, qsizetype size)
    {
        auto upper = std::make_unique<Node>(child->edge.first(size), child->parent);
        upper->children.reserve(1);
        QByteArray lower = child->edge.sliced(size);
        child->edge = std::move(lower); // nothing throws from here on
        child->parent = upper.get();
        upper->children.push_back(std::move(child));
        child = std::move(upper);
    }

    // Takes \a node out of the edge from its parent to its only child.
    static void merge(Node *node)
    {
        QByteArray edge;
        try {
            edge = node->edge + node->children.front()->edge;
        } catch (const std::bad_alloc &) {
            return; // two nodes do as well as one
        }
        Node *const parent = node->parent;
        std::unique_ptr<Node> child = std::move(node->children.front());
        child->edge = std::move(edge);
        child->parent = parent;
        *parent->placeOf(node->edge.front()) = std::move(child);
    }

    Node m_root;
};

} // namespace Pyvent::Internal

#endif
