// wordsight on Azure Functions (Flex Consumption): see docs/azure.md.

@description('Begins the names of all resources.')
@minLength(3)
@maxLength(10)
param name string = 'wordsight'

param location string = resourceGroup().location

@description('Memory of an instance. 2,048 MB come with one core, 4,096 MB with two.')
@allowed([2048, 4096])
param instanceMemoryMB int

@minValue(40)
@maxValue(1000)
param mostInstances int

@description('Instances for requests that are kept, and paid for, all the time.')
param alwaysReady int

@description('Requests that an instance answers at a time, before others are started.')
param concurrency int

@description('Size of the database server, as Standard_B1ms of the tier Burstable.')
param databaseSku object

param databaseStorageGB int

@description('Largest size of the share with models and snapshots.')
param shareGB int

@description('When new photos are described; empty describes none.')
param schedule string = '0 */5 * * * *'

param pythonVersion string = '3.13'

@description('Object id of who publishes packages and uploads photos; empty is nobody.')
param deployerId string = ''

var suffix = take(uniqueString(resourceGroup().id, name), 8)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-identity'
  location: location
}

module storage 'storage.bicep' = {
  name: 'storage'
  params: {
    location: location
    blobAccount: '${name}b${suffix}'
    shareAccount: '${name}s${suffix}'
    shareGB: shareGB
    principalId: identity.properties.principalId
    deployerId: deployerId
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: name
    location: location
    principalId: identity.properties.principalId
  }
}

module database 'database.bicep' = {
  name: 'database'
  params: {
    name: '${name}-${suffix}'
    location: location
    sku: databaseSku
    storageGB: databaseStorageGB
    principalId: identity.properties.principalId
    principalName: identity.name
  }
}

module app 'app.bicep' = {
  name: 'app'
  params: {
    name: '${name}-${suffix}'
    location: location
    identityId: identity.id
    clientId: identity.properties.clientId
    blobAccount: storage.outputs.blobAccount
    shareAccount: storage.outputs.shareAccount
    share: storage.outputs.share
    packages: storage.outputs.packages
    insights: monitoring.outputs.insights
    catalog: 'postgresql://${identity.name}@${database.outputs.host}/${database.outputs.database}?sslmode=require'
    instanceMemoryMB: instanceMemoryMB
    mostInstances: mostInstances
    alwaysReady: alwaysReady
    concurrency: concurrency
    schedule: schedule
    pythonVersion: pythonVersion
  }
}

output app string = app.outputs.name
output address string = app.outputs.address
output blobAccount string = storage.outputs.blobAccount
output shareAccount string = storage.outputs.shareAccount
output share string = storage.outputs.share
