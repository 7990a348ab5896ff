// Two accounts: one of blobs, which takes identities alone, and one of the share, since mounts
// take nothing but the account's key.

param location string
param blobAccount string
param shareAccount string
param shareGB int
param principalId string
param deployerId string

// Storage Blob Data Owner: photos and their signed addresses, packages, the host's own blobs.
var blobOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'

resource blobs 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: blobAccount
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: blobs
  name: 'default'
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = [
  for container in ['photos', 'packages', 'releases']: {
    parent: blobService
    name: container
  }
]

resource blobRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(blobs.id, principalId, blobOwner)
  scope: blobs
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource deployerRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerId)) {
  name: guid(blobs.id, deployerId, blobOwner)
  scope: blobs
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobOwner)
    principalId: deployerId
  }
}

resource files 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: shareAccount
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource fileService 'Microsoft.Storage/storageAccounts/fileServices@2023-05-01' = {
  parent: files
  name: 'default'
}

resource share 'Microsoft.Storage/storageAccounts/fileServices/shares@2023-05-01' = {
  parent: fileService
  name: 'wordsight'
  properties: { shareQuota: shareGB }
}

output blobAccount string = blobs.name
output shareAccount string = files.name
output share string = share.name
output packages string = '${blobs.properties.primaryEndpoints.blob}${containers[1].name}'
