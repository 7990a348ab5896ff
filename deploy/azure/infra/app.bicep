param name string
param location string
param identityId string
param clientId string
param blobAccount string
param shareAccount string
param share string
param packages string
param insights string
param catalog string
param instanceMemoryMB int
param mostInstances int
param alwaysReady int
param concurrency int
param schedule string
param pythonVersion string

var mount = '/mounts/wordsight'

resource files 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: shareAccount
}

resource monitoring 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insights
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${name}-plan'
  location: location
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    functionAppConfig: {
      runtime: { name: 'python', version: pythonVersion }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packages
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: mostInstances
        alwaysReady: alwaysReady > 0 ? [{ name: 'http', instanceCount: alwaysReady }] : []
        triggers: { http: { perInstanceConcurrency: concurrency } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      appSettings: [
        { name: 'AzureWebJobsStorage__accountName', value: blobAccount }
        { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
        { name: 'AzureWebJobsStorage__clientId', value: clientId }
        { name: 'AzureWebJobsDisableHomepage', value: 'true' }
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: monitoring.properties.ConnectionString }
        { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${clientId};Authorization=AAD' }
        { name: 'AZURE_CLIENT_ID', value: clientId }
        { name: 'AZURE_STORAGE_ACCOUNT_NAME', value: blobAccount }
        { name: 'WORDSIGHT_SHARE', value: mount }
        { name: 'WORDSIGHT_CATALOG', value: catalog }
        { name: 'WORDSIGHT_SCHEDULE', value: schedule }
        { name: 'WORDSIGHT_SOURCES', value: 'az://photos' }
      ]
    }
  }
}

// The key is read while this is deployed, and written nowhere else.
resource mounts 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'azurestorageaccounts'
  properties: {
    wordsight: {
      type: 'AzureFiles'
      accountName: files.name
      shareName: share
      mountPath: mount
      accessKey: files.listKeys().keys[0].value
    }
  }
}

output name string = app.name
output address string = 'https://${app.properties.defaultHostName}'
