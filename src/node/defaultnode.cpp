// SPDX-License-Identifier: MIT
#include "pyvent.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

namespace pyvent {

PyventNode &node()
{
    // With an application object, events are delivered when that ends, while everything of Qt's still works; without
    // one, and after it, by the node's destructor at the program's end.
    static const std::unique_ptr<PyventNode> theNode = [] {
        auto made = std::make_unique<PyventNode>();
        if (const QCoreApplication *application = QCoreApplication::instance();
            application && application->thread() != QThread::currentThread())
            made->moveToThread(application->thread());
        qAddPostRoutine([] { node().stop(); });
        return made;
    }();
    return *theNode;
}

} // namespace pyvent
