// SPDX-License-Identifier: MIT
#include "pyvent.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

namespace pyvent {

PyventNode &node()
{
    // Never deleted: the destructors of static objects may use it, in any order. With an application object, events are
    // delivered when that ends, while everything of Qt's still works; without one, and after it, when the process ends.
    static PyventNode *const theNode = [] {
        auto *const made = new PyventNode;
        if (const QCoreApplication *application = QCoreApplication::instance();
            application && application->thread() != QThread::currentThread())
            made->moveToThread(application->thread());
        qAddPostRoutine([] { node().stop(); });
        return made;
    }();
    return *theNode;
}

} // namespace pyvent
