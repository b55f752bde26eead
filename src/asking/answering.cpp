// SPDX-License-Identifier: MIT
#include "asking/replyaddress.h"
#include "pyventanswering.h"

namespace PyventBinding {

using namespace Qt::StringLiterals;

PyventAnswer currentError()
{
    try {
        throw;
    } catch (const PyventRefusal &refusal) {
        return refusal;
    } catch (const std::exception &exception) {
        return PyventAskError{PyventAskError::Refused, QString::fromLocal8Bit(exception.what())};
    } catch (...) {
        return PyventAskError{PyventAskError::Refused, u"the answerer threw something that is no std::exception"_s};
    }
}

PyventAnswer givenUp()
{
    return PyventAskError{PyventAskError::Refused, u"the answerer has given the work up"_s};
}

PyventEvent withoutReplyTo(const PyventEvent &event)
{
    PyventEvent question = event;
    question.args.remove(Pyvent::Internal::replyToArgument);
    return question;
}

} // namespace PyventBinding
