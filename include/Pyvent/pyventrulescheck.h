// SPDX-License-Identifier: MIT
#ifndef PYVENTRULESCHECK_H
#define PYVENTRULESCHECK_H

#include "pyventglobal.h"

#include <QtCore/qlist.h>
#include <QtCore/qstringlist.h>

/*! Something in a file of rules that its author should look at. See PyventRulesCheck. */
struct PyventRulesFinding
{
    enum Kind {
        Mistake,       /*!< It cannot be read: no server starts with such a file. */
        NeverMatches,  /*!< The rule is for nobody: a user or a key that is not known. */
        Hidden,        /*!< Earlier rules decide all that the rule is for. */
        PartlyHidden,  /*!< Earlier rules decide about one of its rights, or one of its names. */
        Repeated,      /*!< It says again what an earlier rule says. */
        Contradiction, /*!< It says the contrary of what an earlier rule says about the same. */
        Note           /*!< Nothing is wrong, but it may be other than meant. */
    };
    Kind kind = Mistake;
    int line = 0;            /*!< From 1; 0: it is about the whole file. */
    int column = 0;          /*!< Of a mistake, in characters from 1; 0: it is about the whole line. */
    QList<int> otherLines{}; /*!< The lines of the earlier rules that it is about. */
    QString text{};          /*!< What it is, and what to do, for people. Names these lines, too. */
    QString word{};          /*!< What was written, if something was not known, */
    QStringList choices{};   /*!< and what could stand there. */
};

/*!
    What is to be said of a file of rules, which tells who may send and hear which events: its mistakes, rules that never decide
    anything, and what everyone may do in the end. `pyvent check-rules` prints it.

    A value: its functions are reentrant.
*/
class PYVENT_EXPORT PyventRulesCheck
{
public:
    /*!
        Looks at the file \a path. With \a keysPath, the list of the keys that are allowed (PyventSecurity::allowFile), it also looks
        whether keys that rules name are there. Asks the system for users that rules name. Never fails: what cannot be read is a finding.
        It takes some seconds at most, for the largest file.
    */
    static PyventRulesCheck ofFile(const QString &path, const QString &keysPath = {});

    /*! What there is to say, by lines. */
    QList<PyventRulesFinding> findings() const { return m_findings; }

    /*! What each user and key that has rules may do, a line for each; empty if the file has mistakes. */
    QStringList summary() const { return m_summary; }

    /*! Whether a server would start with it. */
    bool isUsable() const { return m_isUsable; }

private:
    QList<PyventRulesFinding> m_findings;
    QStringList m_summary;
    bool m_isUsable = false;
};

#endif
