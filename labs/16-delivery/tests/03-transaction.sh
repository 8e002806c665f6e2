# The grid's column for the policy "transaction".
. "$(dirname "$0")/grid.sh"
grid transaction
