#!/usr/bin/env bash
# Remove everything that deploy.sh made, photos and catalog included:
#
#   deploy/azure/teardown.sh GROUP
set -euo pipefail

group=${1:?the resource group}
az resource list --resource-group "$group" --query '[].name' --output tsv
read -r -p "All of this is removed, and cannot be had back. The group's name again: " again
if [ "$again" != "$group" ]; then
  echo "nothing is removed"
  exit 1
fi
az group delete --name "$group" --yes
