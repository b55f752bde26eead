// SPDX-License-Identifier: MIT
#include <Pyvent>

int main()
{
    pyvent::send("order-food", {{"food", "sushi"}, {"drink", "sake"}});
}
