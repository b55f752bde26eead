// SPDX-License-Identifier: MIT
#include "bus.h"
#include "support/testprogram.h"

#include <PyventNode>
#include <PyventObject>

#include <QtTest>

#include <map>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class Point
{
    Q_GADGET
    Q_PROPERTY(double x MEMBER x)
    Q_PROPERTY(double y MEMBER y)

public:
    double x = 0;
    double y = 0;

    friend bool operator==(const Point &, const Point &) = default;
};

class Plot
{
    Q_GADGET
    Q_PROPERTY(QString title MEMBER title)
    Q_PROPERTY(QList<Point> points MEMBER points)
    Q_PROPERTY(QMap<QString, QList<int>> rows MEMBER rows)
    Q_PROPERTY(QSet<QString> tags MEMBER tags)
    Q_PROPERTY(std::pair<int, double> range MEMBER range)
    Q_PROPERTY(std::optional<int> limit MEMBER limit)
    Q_PROPERTY(std::chrono::milliseconds age MEMBER age)
    Q_PROPERTY(Size size MEMBER size)

public:
    enum Size { Small, Large };
    Q_ENUM(Size)

    QString title;
    QList<Point> points;
    QMap<QString, QList<int>> rows;
    QSet<QString> tags;
    std::pair<int, double> range;
    std::optional<int> limit;
    std::chrono::milliseconds age{};
    Size size = Small;

    friend bool operator==(const Plot &, const Plot &) = default;
};

// C++ types on one side and Python's own on the other.
class tst_Typed : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<Bus> m_bus;
    std::unique_ptr<PyventNode> m_node;
    PeerProcess *m_python = nullptr;
    QStringList m_failures;

    static Plot plot()
    {
        return {u"Temperature"_s, {{1, 2}, {3, 4.5}}, {{u"a"_s, {1, 2}}, {u"b"_s, {}}}, {u"hot"_s}, {1, 2.5}, 7,
                1500ms,           Plot::Large};
    }

    bool pythonSends(const QString &expression)
    {
        return m_python->order(u"send"_s, {{u"name"_s, u"plot"_s}, {u"expression"_s, expression}});
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        m_bus = std::make_unique<Bus>();
        m_python = &m_bus->add(PeerProcess::Python, u"python"_s);
        QVERIFY(m_bus->serve(*m_python));
        m_node = std::make_unique<PyventNode>(PyventOptions{.port = m_bus->port(), .server = false});
        connect(m_node.get(), &PyventNode::handlerFailed, this,
                [this](const QString &, const QString &reason) { m_failures.append(reason); });
        QVERIFY(m_python->tell(u"on"_s, {{u"name"_s, u"to-python"_s}}));
        QVERIFY(m_python->tell(u"ready"_s));
    }

    void init()
    {
        m_failures.clear();
        m_python->forget();
    }

    void cleanup() { m_node->off(this); }

    void gadgetFromPython()
    {
        std::optional<Plot> heard;
        m_node->on<Plot>("plot", this, [&heard](const Plot &heardPlot) { heard = heardPlot; });
        QVERIFY(m_node->waitForReady());
        QVERIFY(pythonSends(u"dict(title='Temperature', points=[Point(1, 2), {'x': 3, 'y': 4.5}], "
                            "rows={'a': (1, 2), 'b': []}, tags={'hot'}, range=[1.0, 2.5], limit=7, "
                            "age=datetime.timedelta(seconds=1.5), size=Size.LARGE)"_s));
        QTRY_VERIFY(heard || !m_failures.isEmpty());
        QCOMPARE(m_failures, QStringList());
        QVERIFY(*heard == plot());
    }

    void gadgetToPython()
    {
        QVERIFY(m_node->send("to-python", plot()));
        QVERIFY(m_python->waitForHeard(1, u"to-python"_s));
        QVERIFY(m_python->order(
            u"check"_s,
            {{u"name"_s, u"to-python"_s},
             {u"expression"_s,
              u"dict(title='Temperature', points=[{'x': 1.0, 'y': 2.0}, {'x': 3.0, 'y': 4.5}], rows={'a': [1, 2], 'b': "
              u"[]}, "
              "tags={'hot'}, range=(1, 2.5), limit=7, age=datetime.timedelta(seconds=1.5), size=1)"_s}}));
    }

    void parametersFromPython()
    {
        QStringList heard;
        m_node->on("plot", {"values", "limit", "wait", "size"}, this,
                   [&heard](const std::map<QString, std::vector<double>> &values, std::optional<int> limit,
                            std::chrono::seconds wait, Plot::Size size) {
                       heard = {QString::number(values.at(u"a"_s).at(1)), QString::number(limit.value_or(-1)),
                                QString::number(wait.count()), QString::number(size)};
                   });
        QVERIFY(m_node->waitForReady());
        QVERIFY(pythonSends(u"dict(values={'a': [1, 2.5]}, wait=90, size='Large')"_s));
        QTRY_VERIFY(!heard.isEmpty() || !m_failures.isEmpty());
        QCOMPARE(m_failures, QStringList());
        QCOMPARE(heard, (QStringList{u"2.5"_s, u"-1"_s, u"90"_s, u"1"_s}));
    }

    void anElementThatDoesNotFit()
    {
        m_node->on<Plot>("plot", this, [](const Plot &) { QFAIL("It was heard."); });
        QVERIFY(m_node->waitForReady());
        QVERIFY(pythonSends(u"dict(points=[Point(1, 2), Point(1, 'high')])"_s));
        QTRY_VERIFY(!m_failures.isEmpty());
        QCOMPARE(m_failures,
                 QStringList{u"the argument 'points[1].y' is of type QString, which does not convert to double "
                             "of Point"_s});
    }

    // Of Debian 12's Python; a later one sends the number.
    void enumOfPythonItself()
    {
        QVariant heard;
        m_node->on("plot", {"size"}, this, [&heard](const QVariant &size) { heard = size; });
        QVERIFY(m_node->waitForReady());
        QVERIFY(pythonSends(u"dict(size=Size.LARGE)"_s));
        QTRY_VERIFY(heard.isValid());
        const auto member = heard.value<PyventObject>();
        QCOMPARE(member.pythonType(), u"Size"_s);
        if (member.memberName().isEmpty())
            QCOMPARE(member.toLongLong(), 1);
        else
            QCOMPARE(member.memberName(), u"LARGE"_s);
        // And it comes back as it went.
        QVERIFY(m_node->send("to-python", {{u"size"_s, heard}}));
        QVERIFY(m_python->waitForHeard(1, u"to-python"_s));
        QVERIFY(
            m_python->order(u"check"_s, {{u"name"_s, u"to-python"_s}, {u"expression"_s, u"dict(size=Size.LARGE)"_s}}));
    }
};

PYVENT_TEST(tst_Typed)
#include "tst_typed.moc"
