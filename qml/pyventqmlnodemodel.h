// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLNODEMODEL_H
#define PYVENT_QML_PYVENTQMLNODEMODEL_H

#include "nodelink.h"
#include "pyventqmlnode.h"

#include <PyventNodeModel>

#include <QtCore/qidentityproxymodel.h>
#include <QtQml/qqmlparserstatus.h>

/*!
    Who is on the bus, for a view: PyventNodeModel over a Pyvent element.
    \qml
    ListView { model: PyventNodeModel { node: bus } delegate: Text { required property string program; text: program } }
    \endqml
*/
// Not derived from it, because QML's tools would not know it for a model then.
class PyventQmlNodeModel : public QIdentityProxyModel, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(PyventQmlNode *node READ element WRITE setElement NOTIFY nodeChanged FINAL)
    Q_PROPERTY(int count READ count NOTIFY countChanged FINAL)
    QML_NAMED_ELEMENT(PyventNodeModel)

public:
    explicit PyventQmlNodeModel(QObject *parent = nullptr);

    /*! The element on whose bus it looks; by default the Pyvent element that it stands in. */
    PyventQmlNode *element() const { return m_link.node(); }
    void setElement(PyventQmlNode *node) { m_link.setNode(node); }

    int count() const { return m_model.count(); }

    /*! What the node in the row \a row says of itself, as an object with the roles as its properties, and its "since"; null if there is none. */
    Q_INVOKABLE QVariant get(const QJSValue &row = QJSValue());

    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

Q_SIGNALS:
    void nodeChanged();
    void countChanged();

protected:
    void classBegin() override { }
    void componentComplete() override;

private:
    PyventNodeModel m_model;
    Pyvent::Qml::NodeLink m_link; // which hears no name
};

#endif
